/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/btf_subset.h"

/*
 * struct task { int pid; struct task *parent; const struct inner in[4]; };
 * struct inner { struct deep deep; struct stranger *stranger; };
 */
static struct btf *make_kernel(void)
{
	struct btf *kernel = btf__new_empty();
	int number = btf__add_int(kernel, "int", 4, BTF_INT_SIGNED);
	int task = btf__add_struct(kernel, "task", 80), parent, inner, stranger, array, inner_const, deep;

	btf__add_field(kernel, "pid", number, 0, 0);
	btf__add_field(kernel, "parent", 0, 64, 0);
	btf__add_field(kernel, "in", 0, 128, 0);
	parent = btf__add_ptr(kernel, task);
	stranger = btf__add_struct(kernel, "stranger", 4);
	btf__add_field(kernel, "number", number, 0, 0);
	stranger = btf__add_ptr(kernel, stranger);
	deep = btf__add_struct(kernel, "deep", 4);
	btf__add_field(kernel, "number", number, 0, 0);
	inner = btf__add_struct(kernel, "inner", 16);
	btf__add_field(kernel, "deep", deep, 0, 0);
	btf__add_field(kernel, "stranger", stranger, 64, 0);
	inner_const = btf__add_const(kernel, inner);
	array = btf__add_array(kernel, number, inner_const, 4);
	btf_members((struct btf_type *)btf__type_by_id(kernel, task))[1].type = parent;
	btf_members((struct btf_type *)btf__type_by_id(kernel, task))[2].type = array;
	btf__add_enum(kernel, "helper", 4);
	btf__add_enum_value(kernel, "HELPER_A", 7);
	return kernel;
}

static struct btf *subset_for(const char *structure, const char *enumeration)
{
	struct btf *kernel = make_kernel(), *object = btf__new_empty(), *subset = NULL;

	if (structure)
		btf__add_struct(object, structure, 4);
	if (enumeration)
		btf__add_enum(object, enumeration, 4);
	assert_int_equal(btf_subset_new(kernel, object, &subset), 0);
	btf__free(object);
	btf__free(kernel);
	return subset;
}

static const struct btf_type *find(const struct btf *types, const char *name, uint32_t kind)
{
	int id = btf__find_by_name_kind(types, name, kind);

	return id > 0 ? btf__type_by_id(types, id) : NULL;
}

static void what_a_type_consists_of_comes_with_it(void **state)
{
	struct btf *subset = subset_for("task", NULL);
	const struct btf_type *task = find(subset, "task", BTF_KIND_STRUCT), *array, *element;

	(void)state;
	assert_non_null(task);
	assert_int_equal(task->size, 80);
	assert_string_equal(btf__name_by_offset(subset, btf_members(task)[2].name_off), "in");
	array = btf__type_by_id(subset, btf_members(task)[2].type);
	assert_true(btf_is_array(array));
	assert_int_equal(btf_array(array)->nelems, 4);
	assert_true(btf_is_int(btf__type_by_id(subset, btf_array(array)->index_type)));
	element = btf__type_by_id(subset, btf_array(array)->type);
	assert_true(btf_is_const(element));
	assert_ptr_equal(btf__type_by_id(subset, element->type), find(subset, "inner", BTF_KIND_STRUCT));
	assert_non_null(find(subset, "deep", BTF_KIND_STRUCT));
	btf__free(subset);
}

static void pointers_lead_to_nothing_and_nobody_follows_them(void **state)
{
	struct btf *subset = subset_for("task", NULL);
	const struct btf_type *inner = find(subset, "inner", BTF_KIND_STRUCT), *pointer;

	(void)state;
	assert_null(find(subset, "stranger", BTF_KIND_STRUCT));
	pointer = btf__type_by_id(subset, btf_members(inner)[1].type);
	assert_true(btf_is_ptr(pointer));
	assert_int_equal(pointer->type, 0);
	btf__free(subset);
}

static void a_variant_of_our_own_asks_for_the_kernels_type(void **state)
{
	struct btf *subset = subset_for("deep___old", "helper___task");

	(void)state;
	assert_non_null(find(subset, "deep", BTF_KIND_STRUCT));
	assert_non_null(find(subset, "helper", BTF_KIND_ENUM));
	assert_null(find(subset, "task", BTF_KIND_STRUCT));
	btf__free(subset);
}

static void what_the_kernel_does_not_have_is_not_there(void **state)
{
	struct btf *subset = subset_for("ours", NULL);

	(void)state;
	assert_int_equal(btf__type_cnt(subset), 1);
	btf__free(subset);
}

static void the_written_file_reads_as_the_same_types(void **state)
{
	struct btf *kernel = make_kernel(), *object = btf__new_empty(), *read;
	FILE *file = tmpfile();
	char path[64];

	(void)state;
	btf__add_struct(object, "task", 4);
	assert_int_equal(btf_subset_write(kernel, object, fileno(file)), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	read = btf__parse(path, NULL);
	assert_non_null(read);
	assert_int_equal(find(read, "task", BTF_KIND_STRUCT)->size, 80);
	btf__free(read);
	btf__free(object);
	btf__free(kernel);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_type_consists_of_comes_with_it),
		cmocka_unit_test(pointers_lead_to_nothing_and_nobody_follows_them),
		cmocka_unit_test(a_variant_of_our_own_asks_for_the_kernels_type),
		cmocka_unit_test(what_the_kernel_does_not_have_is_not_there),
		cmocka_unit_test(the_written_file_reads_as_the_same_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
