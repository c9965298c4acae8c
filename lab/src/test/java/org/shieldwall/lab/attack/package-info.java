@NullMarked
package org.shieldwall.lab.attack;

import org.jspecify.annotations.NullMarked;
