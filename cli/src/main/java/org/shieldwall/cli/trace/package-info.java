/** Why a host is healthy or is not: a tree of checks, for people and for machines. */
@NullMarked
package org.shieldwall.cli.trace;

import org.jspecify.annotations.NullMarked;
