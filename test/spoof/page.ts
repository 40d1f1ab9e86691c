/** A session of an agent in the making, and all ways in which words come to stand in its files. */
import type { Desk } from '../fake-agent/writer.ts';

export type Way = (words: string) => void;

export interface Page {
  /** How a person's words reach the agent. */
  readonly ways: Readonly<Record<string, Way>>;
  /** How the words of somebody else stand there, or a copy of a person's. */
  readonly carriers: Readonly<Record<string, Way>>;
}

export type OpenPage = (desk: Desk) => Page;
