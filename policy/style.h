/* SPDX-License-Identifier: BSD-2-Clause */
/* The style attribute of an HTML element. Pure: any thread. */
#ifndef POLICY_STYLE_H
#define POLICY_STYLE_H

#include <stdbool.h>

/* Whether declarations like "display:none" keep the element from sight. */
bool style_is_hidden(const char *style);

#endif
