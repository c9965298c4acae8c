/**
 * What the service keeps: one SQL database, its schema versions, and the registers that both
 * services read. SQL stays within what SQLite and PostgreSQL share; what only one of them has
 * stands apart, in {@link org.shieldwall.hgs.store.Schema}.
 */
@NullMarked
package org.shieldwall.hgs.store;

import org.jspecify.annotations.NullMarked;
