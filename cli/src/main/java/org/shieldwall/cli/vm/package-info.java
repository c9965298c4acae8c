/** {@code shieldwall vm}: what the fabric's administrator does with VMs. */
@NullMarked
package org.shieldwall.cli.vm;

import org.jspecify.annotations.NullMarked;
