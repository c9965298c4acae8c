package org.shieldwall.cli.hgs;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditRecord;
import org.shieldwall.hgs.audit.ChainCheck;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs audit list | verify}. */
@Command(
    name = "audit",
    description = "The record of everything the service decided.",
    mixinStandardHelpOptions = true)
final class AuditCommand implements Runnable {
  private static final JsonMapper DETAIL = JsonMapper.builder().build();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(name = "list", description = "Show the newest records.", mixinStandardHelpOptions = true)
  void list(
      @Option(
              names = "--last",
              defaultValue = "50",
              paramLabel = "N",
              description = "How many. Default: 50.")
          int last,
      @Mixin HgsOptions options) {
    if (last < 1) {
      throw new Failure("--last takes a number from 1 on", "--last 50", Failure.MALFORMED);
    }
    List<AuditRecord> records = options.administer(admin -> admin.auditRecords(last));
    ObjectNode node = Output.object();
    ArrayNode array = node.putArray("records");
    for (AuditRecord each : records) {
      ObjectNode record =
          array
              .addObject()
              .put("seq", each.seq())
              .put("id", each.id())
              .put("at", each.at())
              .put("number", number(each))
              .put("kind", each.kind())
              .put("subject", each.subject());
      record.set("detail", DETAIL.readTree(each.detail()));
      record.put("hash", each.hash());
    }
    options.print(
        node,
        () ->
            records.forEach(each ->
                options
                    .out()
                    .printf(
                        "%6d  %s  %-6s %-20s %s  %s%n",
                        each.seq(),
                        each.at(),
                        number(each),
                        each.kind(),
                        each.subject(),
                        each.detail())));
  }

  /** A record of a newer version keeps its kind, and has no number here. */
  private static String number(AuditRecord each) {
    return AuditKind.ofCode(each.kind()).map(AuditKind::number).orElse("");
  }

  @Command(
      name = "verify",
      description = {
        "Check that no record was altered, left out or put elsewhere.",
        "Note the newest hash outside the service from time to time, and give it with --noted: then"
            + " a record that was cut off or rewritten as a whole shows too."
      },
      mixinStandardHelpOptions = true)
  void verify(
      @Option(
              names = "--noted",
              paramLabel = "HASH",
              description = "A hash noted earlier, which must still be in the record.")
          @Nullable String noted,
      @Mixin HgsOptions options) {
    ChainCheck check = options.administer(admin -> admin.verifyAudit(Optional.ofNullable(noted)));
    switch (check) {
      case ChainCheck.Intact intact ->
          options.print(
              Output.object()
                  .put("intact", true)
                  .put("records", intact.records())
                  .put("newest", intact.head()),
              () -> {
                options.out().println("The record holds: " + intact.records() + " records");
                options.out().println("  newest  " + intact.head());
              });
      case ChainCheck.Broken broken ->
          throw new Failure(
              "the record does not hold: " + broken.reason(),
              "compare with a backup; whoever can write the database can have done it",
              Failure.REFUSED);
    }
  }
}
