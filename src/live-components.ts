/** What a home's daemon runs beside its control socket: the live half of kato, on this machine's watchers and timers. */
import { watchAgentFiles } from './agent-files.ts';
import { createLive, type Live } from './app/live.ts';
import type { KatoParts } from './app/parts.ts';
import type { Config } from './config/config.ts';
import { systemTimers } from './platform/clock.ts';

export function openLive(parts: KatoParts, config: Config): Live {
  const keepAll = config.autoGenerateSnapshots;
  const roots = parts.roots.map(({ provider, path }) => {
    const setting = config.providers[provider.id]?.roots.find((root) => root.path === path);
    return { provider, path, keep: setting?.autoGenerateSnapshots ?? keepAll };
  });
  return createLive(parts, { roots, watcher: watchAgentFiles(), timers: systemTimers });
}
