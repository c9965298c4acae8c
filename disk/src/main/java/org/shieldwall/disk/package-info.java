@NullMarked
package org.shieldwall.disk;

import org.jspecify.annotations.NullMarked;
