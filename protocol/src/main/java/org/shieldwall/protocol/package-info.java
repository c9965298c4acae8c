@NullMarked
package org.shieldwall.protocol;

import org.jspecify.annotations.NullMarked;
