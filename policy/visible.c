/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <libxml/HTMLparser.h>
#include "policy/buffer.h"
#include "policy/charset.h"
#include "policy/style.h"
#include "policy/visible.h"

/*
 * libxml2 compares every attribute of a tag with all before it. It grows its
 * array in steps, so the read callback can see a tag get out of hand.
 */
#define ATTRIBUTES_MAX 2048

struct page {
	htmlParserCtxtPtr parser;
	struct charset_decoder *decoder;
	const char *html; /* not read yet */
	size_t left;
	struct buffer text;
	int depth_max;
	int depth;  /* open elements */
	int hidden; /* depth of the hidden element that we are in, or 0 */
	int quoted; /* open blockquotes */
	bool blank; /* a blank is due before the next text */
	bool cut;
};

enum shape {
	INLINE,
	BLOCK,
	CELL,
	SKIP, /* never shown */
};

/* Sorted. What is not here is inline. */
static const struct element {
	const char *name;
	enum shape shape;
} elements[] = {
	{ "address", BLOCK },
	{ "article", BLOCK },
	{ "aside", BLOCK },
	{ "blockquote", BLOCK },
	{ "body", BLOCK },
	{ "br", BLOCK },
	{ "caption", BLOCK },
	{ "center", BLOCK },
	{ "dd", BLOCK },
	{ "details", BLOCK },
	{ "dialog", BLOCK },
	{ "dir", BLOCK },
	{ "div", BLOCK },
	{ "dl", BLOCK },
	{ "dt", BLOCK },
	{ "fieldset", BLOCK },
	{ "figcaption", BLOCK },
	{ "figure", BLOCK },
	{ "footer", BLOCK },
	{ "form", BLOCK },
	{ "h1", BLOCK },
	{ "h2", BLOCK },
	{ "h3", BLOCK },
	{ "h4", BLOCK },
	{ "h5", BLOCK },
	{ "h6", BLOCK },
	{ "head", SKIP },
	{ "header", BLOCK },
	{ "hr", BLOCK },
	{ "html", BLOCK },
	{ "legend", BLOCK },
	{ "li", BLOCK },
	{ "main", BLOCK },
	{ "menu", BLOCK },
	{ "nav", BLOCK },
	{ "ol", BLOCK },
	{ "option", BLOCK },
	{ "p", BLOCK },
	{ "pre", BLOCK },
	{ "script", SKIP },
	{ "section", BLOCK },
	{ "style", SKIP },
	{ "summary", BLOCK },
	{ "table", BLOCK },
	{ "tbody", BLOCK },
	{ "td", CELL },
	{ "template", SKIP },
	{ "tfoot", BLOCK },
	{ "th", CELL },
	{ "thead", BLOCK },
	{ "title", SKIP },
	{ "tr", BLOCK },
	{ "ul", BLOCK },
};

void visible_init(void)
{
	xmlInitParser();
}

static int compare_element(const void *name, const void *element)
{
	return strcasecmp(name, ((const struct element *)element)->name);
}

static enum shape element_shape(const xmlChar *name)
{
	const struct element *element =
		bsearch(name, elements, sizeof(elements) / sizeof(elements[0]),
			sizeof(elements[0]), compare_element);

	return element ? element->shape : INLINE;
}

static bool is_hidden(const xmlChar **attributes)
{
	for (; attributes && attributes[0]; attributes += 2) {
		const char *name = (const char *)attributes[0];
		const char *value = (const char *)attributes[1];

		if (!strcasecmp(name, "hidden"))
			return true;
		if (value && !strcasecmp(name, "style") &&
			style_is_hidden(value))
			return true;
	}
	return false;
}

static void end_line(struct page *page)
{
	struct buffer *text = &page->text;

	page->blank = false;
	if (text->length > 0 && text->data[text->length - 1] != '\n')
		buffer_add_char(text, '\n');
}

static void show_shape(struct page *page, enum shape shape)
{
	if (page->hidden)
		return;
	if (shape == BLOCK)
		end_line(page);
	else if (shape == CELL)
		page->blank = true;
}

static void start_element(
	void *context, const xmlChar *name, const xmlChar **attributes)
{
	struct page *page = context;
	enum shape shape = element_shape(name);

	if (++page->depth > page->depth_max) {
		page->cut = true;
		xmlStopParser(page->parser);
		return;
	}
	if (!page->hidden && (shape == SKIP || is_hidden(attributes)))
		page->hidden = page->depth;
	show_shape(page, shape);
	page->quoted += !strcasecmp((const char *)name, "blockquote");
}

static void end_element(void *context, const xmlChar *name)
{
	struct page *page = context;

	show_shape(page, element_shape(name));
	page->quoted -= !strcasecmp((const char *)name, "blockquote");
	if (page->hidden == page->depth)
		page->hidden = 0;
	page->depth--;
}

/* Adds what is due before a character: a blank, or the mark of a quote. */
static void add_blank(struct page *page)
{
	struct buffer *text = &page->text;

	if (text->length == 0 || text->data[text->length - 1] == '\n') {
		if (page->quoted > 0)
			buffer_add(text, "> ", 2);
	} else if (page->blank) {
		buffer_add_char(text, ' ');
	}
	page->blank = false;
}

static void characters(void *context, const xmlChar *octets, int length)
{
	struct page *page = context;
	const char *p = (const char *)octets, *end = p + length;

	if (page->hidden)
		return;
	for (; p < end; p++) {
		if (strchr(" \t\r\n", *p)) {
			page->blank = true;
			continue;
		}
		add_blank(page);
		if (*p != '\xc2' || p + 1 == end ||
			(unsigned char)p[1] >= 0xa0) {
			buffer_add(&page->text, p, 1);
			continue;
		}
		/* No such control is in the input, so this was a reference
		 * like &#150;, and all readers take it as windows-1252. */
		p++;
		charset_decode(page->decoder, charset_windows_1252(), p, 1,
			&page->text);
	}
}

static int read_html(void *context, char *into, int length)
{
	struct page *page = context;
	size_t count = page->left;

	if (page->parser->maxatts > 2 * ATTRIBUTES_MAX) {
		page->cut = true;
		return 0;
	}
	if (count > (size_t)length)
		count = length;
	memcpy(into, page->html, count);
	page->html += count;
	page->left -= count;
	return (int)count;
}

static int close_html(void *context)
{
	(void)context;
	return 0;
}

static void parse(struct page *page)
{
	static const xmlSAXHandler handler = {
		.startElement = start_element,
		.endElement = end_element,
		.characters = characters,
		.ignorableWhitespace = characters,
	};
	const int options = HTML_PARSE_NONET | HTML_PARSE_NOERROR |
			    HTML_PARSE_NOWARNING | HTML_PARSE_IGNORE_ENC;
	htmlDocPtr document;

	page->parser = htmlNewParserCtxt();
	if (!page->parser) {
		page->text.failed = true;
		return;
	}
	memcpy(page->parser->sax, &handler, sizeof(handler));
	page->parser->userData = page;
	document = htmlCtxtReadIO(page->parser, read_html, close_html, page,
		NULL, "UTF-8", options);
	if (page->parser->errNo == XML_ERR_NO_MEMORY)
		page->text.failed = true;
	xmlFreeDoc(document);
	htmlFreeParserCtxt(page->parser);
}

/*
 * HTML 5 has two kinds of comments that libxml2 does not take for such: "<!["
 * up to ">", which word processors write, and the empty "<!-->". Both become
 * processing instructions of the same length, which end at ">" everywhere.
 */
static void mark_comments(char *p, char *end)
{
	while ((p = memmem(p, end - p, "<!", 2)) != NULL) {
		size_t left = end - p;

		if (left > 2 && p[2] == '[') {
			memcpy(p, "<?x", 3);
		} else if (left > 4 && !memcmp(p, "<!-->", 5)) {
			memcpy(p, "<?x ", 4);
		} else if (left > 5 && !memcmp(p, "<!--->", 6)) {
			memcpy(p, "<?x  ", 5);
		} else if (left > 3 && !memcmp(p, "<!--", 4)) {
			p = memmem(p + 4, left - 4, "-->", 3);
			if (!p)
				return;
		}
		p += 2;
	}
}

char *visible_text(const char *html, size_t length, int depth_max, bool *cut_r)
{
	struct page page = { .depth_max = depth_max };
	struct buffer clean = { 0 };
	char *text = NULL;

	page.decoder = charset_decoder_new();
	if (!page.decoder)
		return NULL;
	charset_decode(page.decoder, charset_utf8(), html, length, &clean);
	page.html = clean.data;
	page.left = clean.length;
	if (clean.length > 0) {
		mark_comments(clean.data, clean.data + clean.length);
		parse(&page);
	}
	page.text.failed |= clean.failed;
	text = buffer_take(&page.text);
	buffer_fini(&clean);
	charset_decoder_free(&page.decoder);
	if (cut_r)
		*cut_r = page.cut;
	return text;
}
