/**
 * What both sides of directory mode need of Kerberos: a login by keytab, and failures with names.
 */
@NullMarked
package org.shieldwall.protocol.kerberos;

import org.jspecify.annotations.NullMarked;
