/** {@code shieldwall owner}: what the owner of a VM does, on the owner's own machine. */
@NullMarked
package org.shieldwall.cli.owner;

import org.jspecify.annotations.NullMarked;
