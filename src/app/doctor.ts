/**
 * What keeps kato from its work, or soon will: findings, each with what to do about it. Pure.
 *
 *     fail   something is lost or does not happen, or others can read what they should not: a person must act
 *     warn   nothing is lost yet
 *     ok     looked at, and as it should be
 *
 * A finding names paths, counts and codes, and never what was said in a session: titles and record types are left out.
 */
import type { Examined } from './doctor/facts.ts';
import type { Finding } from './doctor/finding.ts';
import { checkAgents, checkFlaws, checkLag, checkRecordings } from './doctor/kato-checks.ts';
import {
  checkConfig,
  checkDaemon,
  checkDisk,
  checkPlaces,
  checkService,
  checkStore,
  checkWatching,
} from './doctor/machine-checks.ts';

export function diagnose({ machine, service, status }: Examined): readonly Finding[] {
  const known = status !== undefined && 'store' in status ? status : undefined;
  return [
    ...checkConfig(machine),
    ...checkPlaces(machine),
    ...checkDisk(machine),
    ...checkStore(machine, status),
    ...checkDaemon(machine, known),
    ...checkService(machine, service),
    ...checkWatching(machine, known),
    ...(known ? [...checkAgents(known), ...checkLag(known), ...checkFlaws(known), ...checkRecordings(known)] : []),
  ];
}
