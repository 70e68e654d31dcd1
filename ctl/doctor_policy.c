/* SPDX-License-Identifier: BSD-2-Clause */
/* What the policy does not enforce. */
#include <stdio.h>
#include <string.h>
#include "ctl/doctor.h"

void doctor_policy_modes(struct doctor *doctor)
{
	struct place place = { doctor->conf->policy, 0 };
	char names[400] = "";
	unsigned shadowed = 0, refusing = 0;

	for (int i = 0; i < REASON_COUNT; i++) {
		size_t used = strlen(names);

		if (reason_info(i)->outcome == OUTCOME_ACCEPT)
			continue;
		refusing++;
		if (policy_mode(doctor->policy, i) != MODE_SHADOW)
			continue;
		shadowed++;
		snprintf(names + used, sizeof(names) - used, " %s",
			reason_name(i));
	}
	if (shadowed == 0)
		return;
	report_add(doctor->report, FINDING_SHADOW_MODE, place,
		shadowed == refusing ? "all reasons are in shadow mode: "
				       "nothing is refused%.0s"
				     : "in shadow mode:%s",
		names);
}
