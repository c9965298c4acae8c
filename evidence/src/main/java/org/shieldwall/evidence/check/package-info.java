/** The checks, one a class; and what they share: each piece of evidence, read once. */
@NullMarked
package org.shieldwall.evidence.check;

import org.jspecify.annotations.NullMarked;
