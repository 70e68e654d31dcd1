# SPDX-License-Identifier: BSD-2-Clause
"""The policies that the scenarios are played under."""

CONF = {"verdict_header": "X-Opt-Out-Verdict",
        "addresses": {"tag_separator": "+"}}

ENFORCE = {
    "notices": {"help_url": "https://help.example/50%25"},
    "sellers": {"exempt": ["@exempt.example"]},
    "exempt": {"custom_orders": True},
}

POLICIES = {
    "enforce": ENFORCE,
    "shadow": {"modes": {"default": "shadow"}},
    "one_reason": {"modes": {"default": "shadow", "OPTED_OUT": "enforce"},
                   "order_id": {"required": True}},
    "orders": {"order_id": {"required": True, "known": True,
                            "several": "refuse"}},
    "strictest": {"buyers": {"several_recipients": "strictest"}},
    "logins_only": {"sellers": {"identity": ["login"]}},
    "untrusted": {"buyers": {"trusted": ["192.0.2.1", "login"]}},
    # The policy stays, and something is taken away from the filter.
    "no_cache": ENFORCE,
    "no_filter": ENFORCE,
    "stopping": ENFORCE,
}

CUSTOM_ORDER = "002-1111111-1111111"
KNOWN_ORDER = "002-2222222-2222222"
ORDERS = f"""\
order,buyer,seller,custom
{CUSTOM_ORDER},anna@marketplace.example,shop@seller.example,yes
{KNOWN_ORDER},ben@marketplace.example,shop@seller.example,no
"""
