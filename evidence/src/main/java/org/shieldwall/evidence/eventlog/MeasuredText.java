package org.shieldwall.evidence.eventlog;

/**
 * A text whose digest was extended.
 *
 * @param event index of the event
 * @param text the text
 */
public record MeasuredText(int event, String text) {}
