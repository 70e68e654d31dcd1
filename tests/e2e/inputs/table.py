# SPDX-License-Identifier: BSD-2-Clause
"""
What mail servers and senders have been seen to send, or could: one line each.
The tests of this folder bear its number in their names. Below the line stands
what else proves the answer: tests of tests/e2e, scenarios, and the tests or
their tables of tests/*.[ch].
"""

INPUTS = """
1 connect, close: no trace
    test_protocol.Negotiation.test_probes
2 an old protocol, no actions
    test_protocol.Negotiation.test_never_more_than_offered
3 packets of odd length, unknown commands
    test_protocol.Garbage.test_packet_lengths
    test_protocol.Garbage.test_unknown_commands
4 arguments without NUL, fields without name
    test_protocol.Garbage.test_arguments_without_nul
    test_protocol.Garbage.test_bad_headers
5 macros in odd number, 10,000, of no stage
    test_protocol.Garbage.test_bad_macros
6 an end of message with data
    test_protocol.Messages.test_end_of_message_with_data
7 abort anywhere, twice; quit in a body
    test_protocol.Messages.test_abort_anywhere
    test_protocol.Messages.test_quit_in_a_body
8 MAIL and RSET, 1,000 times: no growth
9 EHLO, STARTTLS, AUTH between messages
    test_protocol.Messages.test_helo_again
    test_protocol.Messages.test_login_does_not_linger scenario:ehlo_again
    scenario:starttls_later scenario:login_after_a_message
    scenario:login_inside_a_message_is_refused
10 a second message has its own verdict
    test_protocol.Messages.test_reply_does_not_leak_into_the_next_message
    scenario:three_messages
11 a refused recipient does not count
    test_protocol.Messages.test_refused_recipient_then_another_message
    scenario:refused_recipient_does_not_count scenario:message_after_a_split
12 1,001 recipients: beyond the limit
13 all in one segment; chunks
    test_protocol.Messages.test_message_in_one_write scenario:pipelined
    scenario:chunks
14 unknown commands; a new session on the connection
    test_protocol.Messages.test_quit_and_new_session_on_the_connection
    scenario:unknown_commands
15 no header at all
16 one field of 64 KiB, and a little more or less
17 10,000 fields: beyond the limit
18 lines of up to 64 KiB: as if folded
19 a fold at each place of the order
    test_txn.c:folded_anywhere
20 folds by tab, and with nothing in a line
21 NUL in a value, a name, an address
22 a bare CR or LF in the header: malformed
    test_txn.c:rows
23 spellings of a field name
24 two Subjects of one order
25 two Subjects of two orders: malformed
26 two From fields: malformed
27 a From with two mailboxes
    test_author.c:rows
28 a From that is a group
29 a From without an address
30 10,000 addresses in To; 10,000 To fields
31 comments in comments, 1,000 deep
    test_author.c:many
32 a quote, bracket, comment that does not end
33 a great many ":" or ";"
    test_author.c:many
34 octets of other charsets: the order is found
35 invalid UTF-8: the order is found
36 a domain in Unicode and in ASCII: the same buyer
    test_address.c:canonical_rows
37 a field name of 8-bit octets, or 1,000 long
38 an order in a field that is not trusted
39 forged fields
    test_protocol.Negotiation.test_forged_headers_are_removed_from_the_last
    test_txn.c:authserv_rows
40 no Message-ID, two, a long one, one with blanks
41 1,000 ids in In-Reply-To or References
42 dates of no use
43 an order over adjacent encoded words
    test_text.c:headers scenario:order_in_adjacent_words
44 an encoded word as field name; in quotes it is read, as readers do
    test_txn.c:rows test_text.c:headers
45 encoded words that are none
    test_text.c:headers test_text.c:long_charset_name_is_raw
46 an encoded word with line ends: text only
    test_text.c:headers
47 an encoded word with controls: dropped
    test_text.c:headers test_text.c:normals
48 charsets that switch
    test_text.c:headers test_message.c:rows
49 100,000 encoded words
    test_text.c:many_words
50 digits and dashes of other scripts
    test_text.c:normals scenario:order_in_fullwidth_digits
51 digits on either side: no order
    test_order.c:find_rows
52 1,000 orders
    test_order.c:many_candidates
53 an order of another seller
    test_txn.c:directory_rows
54 almost an order
    test_order.c:find_rows
55 a pattern that backtracks
    test_order.c:match_limit test_txn.c:pattern_at_its_limit
56 patterns that are refused
    test_order.c:refused_rows test_order.c:refused_long
57 parts nested deep; many parts
    test_message.c:hostile_content_is_read test_message.c:depth_is_limited
    test_message.c:parts_are_limited
58 odd boundaries
    test_message.c:rows test_message.c:long_boundary
59 a parameter name that libraries looped on
    test_message.c:long_types
60 many parameters, in odd forms
    test_message.c:long_types hostile.h:hostile
61 transfer encodings without end; 100 MB
    hostile.h:hostile test_txn.c:endless_body
62 two Content-Type fields
    test_txn.c:rows test_message.c:rows
63 unknown encodings, missing ends
    test_message.c:rows
64 message/partial, message/external-body
    test_message.c:rows
65 a body of nothing
    test_message.c:rows
67 an order or a question over two chunks
    test_protocol.Messages.test_order_over_two_chunks
    test_protocol.Messages.test_question_over_two_chunks
69 quoted local parts
    test_address.c:canonical_rows
70 routes: to one buyer
    test_address.c:routed_rows test_txn.c:rows
71 case, tags and dots
    test_address.c:canonical_rows
72 long addresses, odd domains
    test_address.c:long_parts
73 names that mean something to a shell
74 an envelope that differs from To
75 one of 50 opted out
76 the login is the seller
77 a From field makes no seller
78 local mail; put back into the queue
    scenario:local_refused
"""


def read_table():
    """Number -> (what it is, where else it is tested)."""
    table = {}
    for line in INPUTS.strip().split("\n"):
        if line.startswith(" "):
            places += line.split()
        else:
            number, _, what = line.partition(" ")
            places = []
            table[int(number)] = (what, places)
    return table
