@NullMarked
package org.shieldwall.hgs;

import org.jspecify.annotations.NullMarked;
