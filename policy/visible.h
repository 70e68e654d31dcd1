/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTML to the text that a reader sees. Pure: any thread, once visible_init()
 * was called. The only user of libxml2.
 */
#ifndef POLICY_VISIBLE_H
#define POLICY_VISIBLE_H

#include <stdbool.h>
#include <stddef.h>

/* Once per process, before the first thread. message_init() does it too. */
void visible_init(void);

/*
 * Returns the visible text of UTF-8 HTML: tags removed (inline ones without
 * a trace, block ones as a line end, cells as a blank), character references
 * decoded, blanks collapsed, lines in a blockquote marked with "> ", comments, script, style, title and hidden
 * elements left out. Octets that are not UTF-8 become U+FFFD.
 *
 * Reading stops where more than depth_max elements are open, or where one
 * tag has thousands of attributes; *cut_r (may be NULL) says whether it did.
 * The caller frees the text. NULL: out of memory.
 */
char *visible_text(const char *html, size_t length, int depth_max, bool *cut_r);

#endif
