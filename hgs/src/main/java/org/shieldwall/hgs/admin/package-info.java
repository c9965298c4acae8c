/** What the administrator does: hosts and baselines, each change with its record in the audit. */
@NullMarked
package org.shieldwall.hgs.admin;

import org.jspecify.annotations.NullMarked;
