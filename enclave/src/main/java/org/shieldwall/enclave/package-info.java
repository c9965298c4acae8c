@NullMarked
package org.shieldwall.enclave;

import org.jspecify.annotations.NullMarked;
