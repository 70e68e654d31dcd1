/* SPDX-License-Identifier: BSD-2-Clause */
/* From libmilter's events to session and txn, and verdicts back. */
#ifndef MILTER_CALLBACKS_H
#define MILTER_CALLBACKS_H

#include <stdbool.h>
#include "milter/service.h"

/*
 * Registers the callbacks with libmilter, once per process, before smfi_main().
 * service must live as long as the process. answer_data: the socket is inet,
 * where Postfix stalls 44 ms a message unless DATA is answered.
 * Returns 0 or -1.
 */
int callbacks_register(struct service *service, bool answer_data);

#endif
