/* SPDX-License-Identifier: BSD-2-Clause */
/* The main() that the Check programs share. */
#ifndef TESTS_RUN_H
#define TESTS_RUN_H

#include <check.h>

static inline int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

#endif
