/** {@code shieldwall hgs}: for the administrator of the Host Guardian Service. */
@NullMarked
package org.shieldwall.cli.hgs;

import org.jspecify.annotations.NullMarked;
