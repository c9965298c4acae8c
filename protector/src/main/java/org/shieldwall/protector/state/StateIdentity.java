package org.shieldwall.protector.state;

import java.util.UUID;

/**
 * What a container belongs to. A reader names what it wants, and takes nothing else.
 *
 * @param generation the VM's generation, under whose transport key it is sealed
 * @param sequence its place among others of its kind and generation; 0 where there is one only
 */
public record StateIdentity(StateKind kind, UUID vm, long generation, long sequence) {
  public StateIdentity {
    if (generation < 0 || sequence < 0) {
      throw new IllegalArgumentException("generation and sequence count from 0");
    }
  }
}
