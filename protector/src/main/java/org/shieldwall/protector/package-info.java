@NullMarked
package org.shieldwall.protector;

import org.jspecify.annotations.NullMarked;
