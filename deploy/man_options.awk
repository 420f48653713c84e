# SPDX-License-Identifier: GPL-2.0-only
#
# `picket --help` to the options of the manual page, so that the page never says something else.

function quote(text)
{
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	return text
}

# a control line of mdoc would begin with either
function sentence(text)
{
	text = quote(text)
	return text ~ /^[.']/ ? "\\&" text : text
}

# after the first full stop that ends a sentence mdoc wants a new line
function print_sentences(text)
{
	gsub(/\. +/, ".\n", text)
	count = split(text, lines, "\n")
	for (i = 1; i <= count; i++)
		print sentence(lines[i])
}

/^Flags / { print ".Bl -tag -width Ds"; part = "flags"; next }
/^Variables / { print ".El\n.Sh ENVIRONMENT\nVariables as OpenTelemetry defines them."; \
	print "A flag wins, then the variable with\n.Dv LOGS_ .\n.Bl -tag -width Ds"; part = "variables"; next }
/^Signals:/ { print ".El"; part = "" }
part && /^  [^ ]/ { sub(/^ +/, ""); print (part == "flags" ? ".It Cm " : ".It Ev ") quote($0); next }
part && /^      / { sub(/^ +/, ""); print_sentences($0) }
