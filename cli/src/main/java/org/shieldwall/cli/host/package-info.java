/** {@code shieldwall host}: for the administrator of a guarded host. */
@NullMarked
package org.shieldwall.cli.host;

import org.jspecify.annotations.NullMarked;
