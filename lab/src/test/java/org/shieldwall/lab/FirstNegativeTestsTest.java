package org.shieldwall.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Where others' attestation has failed, and which test shows that this one does not. The tests are
 * where their subjects are; this table holds them to being there.
 */
class FirstNegativeTestsTest {
  private static final Path ROOT = Path.of(System.getProperty("shieldwall.root", ".."));

  @ParameterizedTest(name = "{0}: {2}")
  @CsvSource({
    "wrong nonce, evidence/VerifierTest,"
        + " givenEvidenceReplayedFromAnotherChallengeThenItIsRefused",
    "wrong nonce over the wire, hgs/AttestationTest,"
        + " givenOldEvidence_whenSentForANewChallenge_thenItsNonceIsWrong",
    "replayed quote, hgs/AttestationTest,"
        + " givenAnAnswer_whenSentTwice_thenTheSecondIsRefusedEvenAfterARestart",
    "missing signature, lab/boot/AlteredEvidenceTest,"
        + " givenNoSignatureOrAnothersThenTheQuoteIsNotBelieved",
    "other AK, hgs/AttestationTest,"
        + " givenAQuoteByAnotherTpmsKey_whenTheRegisteredOneOpenedTheSecret_thenItIsAnotherKey",
    "AK that signs anything, evidence/VerifierTest,"
        + " givenAKeyThatWouldSignAnythingThenItIsRefused",
    "other EK with the same name, hgs/TokenTest,"
        + " givenAnotherTpm_whenItWantsAKnownName_thenItNeverGetsIt",
    "EventType relabelled, evidence/RelabelledEventsTest,"
        + " givenAnImageRelabelledAsAnythingElseThenItCannotBeAccountedForAndStillCounts",
    "truncated structures, tpm/ParserTortureTest, givenAnyTruncationThenItIsMalformed",
    "truncated and altered input of every parser, lab/fuzz/ParsersTest,"
        + " givenGenuineAndAlteredInputThenItIsReadOrRefusedByName",
    "unknown PCR bank, evidence/AttackedEvidenceTest,"
        + " givenAQuoteOfABankThatNobodyKnowsThenItIsReadAsNone",
    "another PCR bank, lab/boot/AlteredEvidenceTest,"
        + " givenAQuoteOfAnotherBankOrOfFewerPcrsThenNothingIsTakenFromIt",
    "log without the bank, evidence/VerifierTest,"
        + " givenALogOfSha1OnlyThenThePolicysBankIsMissing",
    "expired token, hgs/AttestationTest," + " givenALateAnswer_whenSent_thenTheChallengeHasExpired",
    "policy off is not pass, lab/boot/AlteredEvidenceTest,"
        + " givenAllThatCanBeSwitchedOffIsOffThenWhoItIsStillCountsAndNothingElseIsClaimed",
    "no policy, hgs/AttestationTest, givenNoBaselines_whenAHostAttests_thenNothingWillDo",
    "verifier dead, host/agent/HostAgentTest,"
        + " givenNoHgsWhenTheAgentServesThenItSaysWhyItIsNotHealthyAndMakesNothing",
    "old vTPM state, hgs/ReleaseTest, givenAnOldCopy_whenStarted_thenItIsSuperseded",
    "old vTPM state beside newer files, enclave/VmLifecycleTest,"
        + " givenAlteredStateWhenStartedThenItIsRefusedAndTheOldGenerationStays",
    "one nonce for all, hgs/AttestationTest,"
        + " givenAThousandChallenges_whenAsked_thenEachHasItsOwnNonceAndToken",
    "no certificate asked for, hgs/CredentialMatrixTest,"
        + " givenEachCertificate_whenKeysAreAskedForWithIt_thenTheHostsHealthAloneCounts",
    "name taken by another TPM at the same moment, hgs/store/NameBindingTest,"
        + " givenTwoProcessesThatAddTheSameNames_whenBothAreDone_thenEachNameHasOneKey",
    "secret tried again, hgs/AttestationTest,"
        + " givenARefusedAnswer_whenMendedAndSentAgain_thenTheTokenIsSpent",
    "AK believed before it was verified, hgs/AttestationTest,"
        + " givenAnEndorsementKeyAsAttestationKey_whenAsked_thenItIsRefusedBeforeAnything",
    "tokens and nonces in the record, hgs/AttestationTest,"
        + " givenEverythingThatHappened_whenTheRecordIsChecked_thenItHoldsAndHoldsNoSecret",
    "a switch that relaxes in one position only, evidence/VerifierTest,"
        + " givenAViolationThenOnlyThePolicyThatSaysSoAcceptsIt",
    "a truncated key is no crash, hgs/EndpointMatrixTest,"
        + " givenDamagedMessages_whenSent_thenEachIsRefusedAndTheServiceGoesOn",
    "credential relayed, hgs/TokenTest,"
        + " givenTheSecretRelayedToAnotherMachine_whenItAnswersItself_thenEverythingElseGivesItAway",
    "clock moved back, hgs/TokenTest,"
        + " givenAClockSetBackBehindTheRecord_whenAnythingIsAsked_thenNothingIsDecided",
    "token of another server, hgs/TokenTest,"
        + " givenATokenOfAnotherService_whenSentHere_thenItIsNotThisOnes",
    "facts that contradict each other, evidence/AttackedEvidenceTest,"
        + " givenALogThatReplaysAndContradictsItselfThenSecureBootIsNotShown",
    "facts that no check held against the quote, evidence/AttackedEvidenceTest,"
        + " givenALogOfAnotherBootAndNoCheckThatReadsItThenNothingOfItIsClaimed",
    "quarantine that ends nothing, hgs/EndedReleasesTest,"
        + " givenACertificate_whenItsHostIsQuarantinedOrRevoked_thenItReleasesNothingEverAgain",
    "cloned VM, hgs/ReleaseTest,"
        + " givenTheSameShieldingData_whenReleasedTwice_thenTheyAreTwoVms",
    "swtpm killed four times and more, tpm/command/SealingTest,"
        + " givenLockoutRulesForAGuestThenLossesOfPowerDoNotLockItsStorageKey",
    "vTPM killed again and again, enclave/vtpm/VirtualTpmTest,"
        + " givenManyLossesOfPowerWhenRekeyedEachTimeThenTheTpmIsNotLocked",
  })
  void thereIsATest(String attack, String where, String method) throws Exception {
    String module = where.substring(0, where.indexOf('/'));
    Path source =
        ROOT.resolve(module).resolve("src/test/java/org/shieldwall").resolve(where + ".java");

    assertThat(Files.readString(source)).as(attack).contains("void " + method + "(");
  }
}
