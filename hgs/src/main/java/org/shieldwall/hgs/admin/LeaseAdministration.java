package org.shieldwall.hgs.admin;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.store.AdministratorRegister;
import org.shieldwall.hgs.store.AdministratorRegister.Registered;
import org.shieldwall.hgs.store.LeaseRegister;
import org.shieldwall.hgs.store.StoredLease;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.KeyId;
import org.shieldwall.protector.LeaseWord;
import org.shieldwall.protector.ProtectorException;

/** Where VMs run, and who may say that they do not. */
public final class LeaseAdministration {
  /** How many administrators have to agree. */
  public static final int WORDS = 2;

  private static final Duration WORD_LASTS = Duration.ofHours(24);
  private static final Duration WORD_AHEAD = Duration.ofMinutes(5);

  private final Recorder recorder;

  LeaseAdministration(Recorder recorder) {
    this.recorder = recorder;
  }

  /** {@return every lease, those that are over included} */
  public List<StoredLease> list() {
    return recorder.database().read(LeaseRegister::all);
  }

  /**
   * {@return the lease of a VM}
   *
   * @throws HgsException if there is none, or more than one
   */
  public StoredLease show(UUID vm) throws HgsException {
    return recorder.database().read(reading -> one(reading, vm)).orThrow();
  }

  private static Refusable<StoredLease> one(Handle handle, UUID vm) {
    List<StoredLease> found = LeaseRegister.ofVm(handle, vm);
    return switch (found.size()) {
      case 0 ->
          Refusable.refused(
              new HgsException("VM " + vm + " was never started", "shieldwall hgs lease list"));
      case 1 -> Refusable.done(found.getFirst());
      default ->
          Refusable.refused(
              new HgsException(
                  "two owners have a VM " + vm, "wait until the lease is over by itself"));
    };
  }

  /**
   * Takes a VM from the enclave that has it.
   *
   * @param words by as many administrators as it takes, about the very lease that there is
   */
  public StoredLease breakLease(UUID vm, List<LeaseWord> words) throws HgsException {
    return recorder.database().write(writing -> breakLease(writing, vm, words)).orThrow();
  }

  private Refusable<StoredLease> breakLease(Handle writing, UUID vm, List<LeaseWord> words) {
    try {
      StoredLease lease = one(writing, vm).orThrow();
      if (!lease.counts(recorder.now())) {
        throw new HgsException(
            "the lease of VM " + vm + " is over already", "start the VM where you want it");
      }
      Set<String> agreed = new HashSet<>();
      for (LeaseWord word : words) {
        agreed.add(requireGood(writing, word, lease));
      }
      if (agreed.size() < WORDS) {
        throw new HgsException(
            "words of " + agreed.size() + " administrators were given, and it takes " + WORDS,
            "another one signs as well: shieldwall hgs lease word");
      }
      LeaseRegister.put(
          writing, lease.over(StoredLease.State.BROKEN, recorder.now(), lease.reports()));
      recorder.record(writing, AuditKind.LEASE_BROKEN, "vm " + vm, facts(lease, agreed));
      return Refusable.done(lease);
    } catch (HgsException refused) {
      return Refusable.refused(refused);
    }
  }

  private String requireGood(Handle handle, LeaseWord word, StoredLease lease) throws HgsException {
    Optional<Registered> signer = AdministratorRegister.byId(handle, word.signer().text());
    if (signer.isEmpty()) {
      throw new HgsException(
          "the word is by " + word.signer() + ", who is no registered administrator",
          "shieldwall hgs administrator list");
    }
    try {
      word.requireBy(signer.get().holder());
    } catch (ProtectorException forged) {
      throw new HgsException(
          "the word of " + signer.get().holder().name() + " does not hold: " + forged.detail(),
          "let them sign again: shieldwall hgs lease word",
          forged);
    }
    if (!isAbout(word.subject(), lease)) {
      throw new HgsException(
          "the word of " + signer.get().holder().name() + " is about another lease",
          "sign what there is now: shieldwall hgs lease show " + lease.vm() + " --json");
    }
    Instant now = recorder.now();
    if (word.time().isBefore(now.minus(WORD_LASTS)) || word.time().isAfter(now.plus(WORD_AHEAD))) {
      throw new HgsException(
          "the word of " + signer.get().holder().name() + " is of " + word.time(),
          "a word counts for " + WORD_LASTS.toHours() + " hours: let them sign again");
    }
    return signer.get().holder().name();
  }

  private static boolean isAbout(LeaseWord.Subject subject, StoredLease lease) {
    return subject.vm().equals(lease.vm())
        && subject.grant().text().equals(lease.grant())
        && subject.generation() == lease.generation()
        && subject.enclave().text().equals(lease.enclave())
        && subject.since().equals(lease.since());
  }

  private static Map<String, Object> facts(StoredLease lease, Set<String> agreed) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("host", lease.host());
    facts.put("enclave", lease.enclave());
    facts.put("grant", lease.grant());
    facts.put("generation", lease.generation());
    facts.put("until", lease.until().toString());
    facts.put("words", agreed.stream().sorted().toList());
    return facts;
  }

  /** {@return whether it is new; it is not if the very same one is there already} */
  public boolean addAdministrator(Guardian holder) throws HgsException {
    boolean added =
        recorder
            .database()
            .write(writing -> {
              boolean free = AdministratorRegister.add(writing, holder, recorder.now());
              if (free) {
                recorder.record(
                    writing,
                    AuditKind.ADMINISTRATOR_ADDED,
                    "administrator " + holder.name(),
                    Map.of("id", holder.id().text()));
              }
              return free;
            });
    if (!added && byId(holder.id()).filter(holder.name()::equals).isEmpty()) {
      throw new HgsException(
          "an administrator has this name or this key already",
          "shieldwall hgs administrator list");
    }
    return added;
  }

  private Optional<String> byId(KeyId id) {
    return recorder
        .database()
        .read(reading -> AdministratorRegister.byId(reading, id.text()))
        .map(found -> found.holder().name());
  }

  /** {@return whether there was one of this name to remove} */
  public boolean removeAdministrator(String name) {
    return recorder
        .database()
        .write(writing -> {
          Optional<Registered> found =
              AdministratorRegister.all(writing).stream()
                  .filter(each -> each.holder().name().equals(name))
                  .findFirst();
          found.ifPresent(each -> {
            String id = each.holder().id().text();
            AdministratorRegister.remove(writing, id);
            recorder.record(
                writing,
                AuditKind.ADMINISTRATOR_REMOVED,
                "administrator " + name,
                Map.of("id", id));
          });
          return found.isPresent();
        });
  }

  /** {@return every administrator, by name} */
  public List<Registered> administrators() {
    return recorder.database().read(AdministratorRegister::all);
  }
}
