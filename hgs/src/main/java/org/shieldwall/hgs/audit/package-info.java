/** The record of everything decided: appended to, chained, never edited. */
@NullMarked
package org.shieldwall.hgs.audit;

import org.jspecify.annotations.NullMarked;
