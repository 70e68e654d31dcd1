divert(-1)
# SPDX-License-Identifier: BSD-2-Clause
#
# Asks optout-milter about all mail that comes by SMTP. The argument is its
# socket as Sendmail spells it: local:PATH or inet:PORT@HOST. Beside this file,
# README says how to use it and example.mc shows it.
#
# F=T	without the filter mail waits (451). With no flag it would pass.
# C, S	time to connect, and to hand over one piece.
# R	time for one answer. The filter gives up by itself before that.
# E	time for the verdict, from the end of the message on.
#
# No confMILTER_MACROS_* is needed: the filter asks for the macros that it
# reads, whatever the lists for other filters are.
divert(0)dnl
define(`_OPTOUT_SOCKET_', ifelse(len(X`'_ARG_), `1',
`local:/run/optout-milter/milter.sock', `_ARG_'))dnl
INPUT_MAIL_FILTER(`optout-milter',
`S='_OPTOUT_SOCKET_`, F=T, T=C:30s;S:30s;R:30s;E:5m')dnl
