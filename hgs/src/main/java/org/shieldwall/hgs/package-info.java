/**
 * The Host Guardian Service: {@link org.shieldwall.hgs.HgsSetup} makes its folder, {@link
 * org.shieldwall.hgs.HgsServer} serves from it, {@code admin} changes what it knows.
 */
@NullMarked
package org.shieldwall.hgs;

import org.jspecify.annotations.NullMarked;
