/** Policies: how a document becomes what hosts are held to, and which host is held to which. */
@NullMarked
package org.shieldwall.hgs.policy;

import org.jspecify.annotations.NullMarked;
