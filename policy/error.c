/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include "policy/error.h"

int error_set(struct error *error, const char *format, ...)
{
	va_list ap;

	if (error == NULL)
		return -1;
	error->key[0] = '\0';
	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	return -1;
}

int error_set_key(struct error *error, const char *key, const char *format, ...)
{
	va_list ap;

	if (error == NULL)
		return -1;
	snprintf(error->key, sizeof(error->key), "%s", key);
	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	return -1;
}
