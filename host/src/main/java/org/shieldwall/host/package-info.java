@NullMarked
package org.shieldwall.host;

import org.jspecify.annotations.NullMarked;
