package org.shieldwall.cli.host;

import java.io.PrintWriter;
import tools.jackson.databind.JsonNode;

/** What {@code host status} says to people. */
final class StatusOutput {
  private StatusOutput() {}

  /** Each protection, and how many of them are on. */
  static void hardening(JsonNode status, PrintWriter out) {
    int off = 0;
    int all = 0;
    for (JsonNode each : status.path("enclave").path("protections")) {
      boolean on = each.path("on").asBoolean();
      out.printf(
          "%-3s  %-29s %s%n",
          on ? "on" : "off", each.path("name").asString(), each.path("why").asString());
      off += on ? 0 : 1;
      all++;
    }
    out.println(all - off + " of " + all + " protections are on");
  }

  /** How the host stands, line by line. */
  static void status(JsonNode status, PrintWriter out) {
    out.println(
        status.path("host").asString()
            + (status.path("healthy").asBoolean()
                ? ", healthy until " + status.path("expires").asString()
                : ", no health certificate"));
    JsonNode failure = status.path("lastFailure");
    if (!failure.isMissingNode()) {
      out.println("  last refusal  " + failure.path("what").asString());
      out.println("  mend it       " + failure.path("remedy").asString());
    }
    attestation(status.path("attestation"), out);
    out.println("  HGS           " + status.path("hgs").asString());
    out.println("  attests by    " + status.path("mode").asString());
    out.println("  TPM           " + status.path("tpm").asString());
    JsonNode enclave = status.path("enclave");
    out.println("  enclave       " + enclave.path("id").asString());
    out.println("  secrets in    " + enclave.path("secrets").asString());
    JsonNode accelerator = enclave.path("accelerator");
    out.println(
        "  VMs run on    "
            + accelerator.path("name").asString()
            + ": "
            + accelerator.path("why").asString());
    out.println("  VMs running   " + status.path("running").asInt());
    enclave.path("weaker").forEach(line -> out.println("  weaker        " + line.asString()));
  }

  private static void attestation(JsonNode attestation, PrintWriter out) {
    JsonNode last = attestation.path("last");
    if (!last.isMissingNode()) {
      String detail = last.path("detail").asString();
      out.println(
          "  last attested "
              + last.path("at").asString()
              + ", "
              + last.path("outcome").asString()
              + ": "
              + last.path("why").asString()
              + (detail.isEmpty() ? "" : ", " + detail));
    }
    JsonNode next = attestation.path("next");
    out.println(
        "  next planned  " + next.path("at").asString() + ": " + next.path("why").asString());
    JsonNode files = attestation.path("filesMeasured");
    if (!files.isMissingNode()) {
      out.println("  files         " + files.asLong() + " measured; a change is attested at once");
    }
  }
}
