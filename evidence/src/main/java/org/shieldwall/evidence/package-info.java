@NullMarked
package org.shieldwall.evidence;

import org.jspecify.annotations.NullMarked;
