package org.shieldwall.host.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.Bytes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Carries what the enclave reports of its VMs to the key protection service, and the answers back:
 * of each as soon as it starts, at a third of its lease, and when it has ended. Where this does not
 * succeed the enclave halts the VM by itself.
 */
final class LeaseKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final Duration LAST_RETRY = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Supplier<EnclaveClient> enclave;
  private final HealthKeeper health;
  private final HgsClient hgs;
  private final Map<UUID, Retry> retries = new HashMap<>();
  private final Map<UUID, ReentrantLock> reporting = new ConcurrentHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  /** When a report that failed is tried again, on the clock of {@link System#nanoTime}. */
  private record Retry(long at, Duration pause) {
    static Retry after(Duration pause) {
      return new Retry(System.nanoTime() + pause.toNanos(), pause);
    }

    boolean due() {
      return System.nanoTime() - at >= 0;
    }

    Retry again() {
      Duration doubled = pause.multipliedBy(2);
      return after(doubled.compareTo(LAST_RETRY) < 0 ? doubled : LAST_RETRY);
    }
  }

  LeaseKeeper(Supplier<EnclaveClient> enclave, HealthKeeper health, HgsClient hgs) {
    this.enclave = enclave;
    this.health = health;
    this.hgs = hgs;
    this.thread = Thread.ofPlatform().daemon().name("leases").unstarted(this::keepOn);
  }

  void start() {
    thread.start();
  }

  private void keepOn() {
    try {
      while (!closed.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        look();
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    try {
      for (Answer.RunningVm vm : vms()) {
        Retry retry = retries.get(vm.vm());
        if (isDue(vm) && (retry == null || retry.due())) {
          tryOnce(vm.vm(), Optional.ofNullable(retry));
        }
      }
    } catch (IOException gone) {
      LOG.debug("the enclave does not answer: {}", gone.getMessage());
    } catch (RuntimeException bug) {
      // Without this no VM of the host would ever be reported again.
      LOG.error("reporting failed unexpectedly", bug);
    }
  }

  private void tryOnce(UUID vm, Optional<Retry> retry) {
    try {
      Answer.VmLease lease = report(vm);
      retries.remove(vm);
      LOG.debug("VM {}: lease {}", vm, lease.standing());
    } catch (AgentException problem) {
      retries.put(vm, retry.map(Retry::again).orElseGet(() -> Retry.after(LOOK)));
      LOG.warn("VM {} is not reported: {}", vm, problem.what());
    }
  }

  private List<Answer.RunningVm> vms() throws IOException {
    return enclave.get().ask(new Request.Status(Optional.empty()))
            instanceof Answer.EnclaveStatus status
        ? status.vms()
        : List.of();
  }

  /** A third of the lease is over, or the VM is, or it waits for its first word. */
  private static boolean isDue(Answer.RunningVm vm) {
    return switch (vm.lease().standing()) {
      case "asked" -> true;
      case "held" -> !VmActions.isLive(vm) || vm.lease().left() * 3 <= vm.lease().whole() * 2;
      default -> false;
    };
  }

  /** Has the enclave report a VM, now; {@return what came of it} */
  Answer.VmLease report(UUID vm) throws AgentException {
    return report(vm, new Request.Report(vm));
  }

  /** Has it reported that the VM is offered to another enclave. */
  Answer.VmLease offer(UUID vm, String enclave) throws AgentException {
    return report(vm, new Request.Offer(vm, enclave));
  }

  private Answer.VmLease report(UUID vm, Request what) throws AgentException {
    // A second report would make the answer to the first one worthless.
    ReentrantLock alone = reporting.computeIfAbsent(vm, id -> new ReentrantLock());
    alone.lock();
    try {
      Answer.Final answer = enclave.get().ask(what);
      JsonNode report = VmActions.expect(Answer.Reported.class, answer).report();
      Answer.Final taken = enclave.get().ask(new Request.Leased(vm, send(report)));
      return VmActions.expect(Answer.Leased.class, taken).lease();
    } catch (RefusedException refused) {
      throw AgentException.of(refused);
    } catch (HgsUnavailableException unavailable) {
      throw AgentException.of(unavailable);
    } catch (IOException problem) {
      throw VmActions.enclaveGone(problem);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new AgentException(Kind.UNAVAILABLE, "interrupted", "the agent is stopping", "");
    } finally {
      alone.unlock();
    }
  }

  /** Has a VM that has just been started reported: before that its guest does not run. */
  void begin(String name, UUID vm) throws AgentException {
    Answer.VmLease lease;
    try {
      lease = report(vm);
    } catch (AgentException problem) {
      throw new AgentException(
          problem.kind(),
          "lease-awaited",
          "the VM is ready, and its guest waits for the Host Guardian Service's word: "
              + problem.what(),
          "it goes on by itself once that comes; or: shieldwall vm stop --force " + name);
    }
    if (!lease.standing().equals("held")) {
      throw new AgentException(
          Kind.REFUSED,
          "vm-runs-elsewhere",
          "another host has been given this VM meanwhile",
          "shieldwall vm list there");
    }
  }

  private JsonNode send(JsonNode report)
      throws AgentException, RefusedException, HgsUnavailableException, InterruptedException {
    Bytes certificate = health.certificate().certificate();
    try {
      return hgs.report(certificate, report);
    } catch (RefusedException refused) {
      if (!refused.problem().type().equals(ProblemType.CERTIFICATE_REFUSED.urn())) {
        throw refused;
      }
      return hgs.report(health.insteadOf(certificate).certificate(), report);
    }
  }

  /** Reports an end that has not been reported, if there is one; whether it could is logged. */
  void reportEnd(UUID vm) {
    try {
      for (Answer.RunningVm each : vms()) {
        if (each.vm().equals(vm) && !VmActions.isLive(each) && isDue(each)) {
          report(vm);
        }
      }
    } catch (IOException | AgentException problem) {
      LOG.warn("the end of VM {} is not reported yet: {}", vm, problem.getMessage());
    }
  }

  /** Reports no more. */
  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
  }

  /**
   * Ends every VM and reports it, so that the next start, here or elsewhere, need not wait for the
   * lease and knows the state that it left.
   *
   * @param patience for the guests; then the plug is pulled
   */
  void endAll(Duration patience) {
    try {
      vms().parallelStream().filter(VmActions::isLive).forEach(vm -> end(vm.vm(), patience));
    } catch (IOException gone) {
      LOG.warn("the enclave does not answer: {}", gone.getMessage());
    }
  }

  private void end(UUID vm, Duration patience) {
    try {
      int seconds = Math.toIntExact(patience.toSeconds());
      Answer.Final answer = ask(new Request.Stop(vm, Request.How.POWERDOWN, seconds), patience);
      if (answer instanceof Answer.Refused) {
        ask(new Request.Stop(vm, Request.How.KILL, 0), patience);
      }
    } catch (IOException gone) {
      LOG.warn("VM {} is not stopped: {}", vm, gone.getMessage());
    }
    reportEnd(vm);
  }

  private Answer.Final ask(Request request, Duration patience) throws IOException {
    return enclave.get().ask(request, List.of(), patience.plus(PATIENCE), progress -> {});
  }
}
