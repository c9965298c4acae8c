/** {@code shieldwall evidence}: looks at evidence in files, without a server. */
@NullMarked
package org.shieldwall.cli.evidence;

import org.jspecify.annotations.NullMarked;
