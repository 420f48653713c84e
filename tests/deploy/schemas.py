#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""schemas.py FOLDER CRDS VERSIONS: unpack Kubernetes' JSON schemas from FOLDER/wheels and make more from the CRDs.

FOLDER/schemas/vVERSION/KIND-GROUP-APIVERSION.json and FOLDER/schemas/crd/KIND-APIVERSION.json, the forms that
kubeconform asks for. What a schema does not name is refused in the CRDs' too.
"""
import json
import sys
import zipfile
from pathlib import Path

import yaml


class Loader(yaml.CSafeLoader):
    """A lone = is text, as Go's parser has it."""


Loader.add_constructor("tag:yaml.org,2002:value", Loader.construct_yaml_str)


def point_inside(schema, names):
    """Make references to the common file point into the schema itself; note the definitions it needs."""
    if isinstance(schema, list):
        for part in schema:
            point_inside(part, names)
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            name = reference.rsplit("/", 1)[1]
            names.add(name)
            schema["$ref"] = f"#/$defs/{name}"
        for part in schema.values():
            point_inside(part, names)


def stand_alone(schema, definitions):
    """The schema with every definition that it needs, however far away."""
    wanted = set()
    point_inside(schema, wanted)
    found = {}
    while wanted - found.keys():
        for name in wanted - found.keys():
            found[name] = definitions[name]
            point_inside(found[name], wanted)
    return {**schema, "$defs": found}


def unpack(folder, version):
    prefix = f"kubernetes_validate/kubernetes-json-schema/v{version}-local-strict/"
    target = folder / f"schemas/v{version}"
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(next((folder / "wheels").glob("*.whl"))) as wheel:
        common = json.loads(wheel.read(prefix + "_definitions.json"))
        definitions = common.get("$defs") or common["definitions"]
        for name in wheel.namelist():
            schema = json.loads(wheel.read(name)) if name.startswith(prefix) and name.endswith(".json") else {}
            if {"apiVersion", "kind"} <= schema.get("properties", {}).keys():
                (target / Path(name).name).write_text(json.dumps(stand_alone(schema, definitions)))
    if not (target / "daemonset-apps-v1.json").exists():
        sys.exit(f"the package has no schemas of Kubernetes {version}")


def close(schema):
    """Refuse properties that are not named, where any are."""
    if isinstance(schema, list):
        for part in schema:
            close(part)
    if isinstance(schema, dict):
        if "properties" in schema and "x-kubernetes-preserve-unknown-fields" not in schema:
            schema.setdefault("additionalProperties", False)
        if schema.pop("x-kubernetes-int-or-string", False):
            schema.pop("type", None)
            schema["type"] = ["integer", "string"]
            schema.pop("anyOf", None)
        for part in schema.values():
            close(part)


def convert(folder, crds):
    target = folder / "schemas/crd"
    target.mkdir(parents=True, exist_ok=True)
    for path in Path(crds).glob("*.yaml"):
        crd = yaml.load(path.read_text(), Loader=Loader)
        for version in crd["spec"]["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            close(schema)
            # of every object, and described elsewhere
            schema["properties"]["metadata"] = {"type": "object"}
            name = f"{crd['spec']['names']['kind'].lower()}-{version['name']}.json"
            (target / name).write_text(json.dumps(schema))


def main():
    folder, crds, versions = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split()
    for version in versions:
        unpack(folder, version)
    convert(folder, crds)


if __name__ == "__main__":
    main()
