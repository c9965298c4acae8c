/**
 * The benchmarks behind {@code ./bench}: how long attestation takes, in process and over HTTPS,
 * each figure beside its limit and beside what its primitives take in the same run.
 */
@NullMarked
package org.shieldwall.lab.bench;

import org.jspecify.annotations.NullMarked;
