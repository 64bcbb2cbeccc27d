/** Surroundings for tests: what is printed is kept, questions are answered from a list. */
import { Output } from './output.js';
import type { World } from './world.js';

/** What a test says about its world. */
export interface TestWorldOptions {
  readonly json?: boolean;
  readonly env?: World['env'];
  /** Answers to questions, first to last; without them nobody is there to be asked. */
  readonly answers?: string[];
}

/** A world, and what was printed and asked in it. */
export interface TestWorld extends World {
  readonly written: { out: string; err: string };
  readonly asked: string[];
}

export function testWorld({ json = false, env = {}, answers }: TestWorldOptions = {}): TestWorld {
  const written = { out: '', err: '' };
  const asked: string[] = [];
  const output = new Output(json, {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
  });
  const secret = async (question: string): Promise<string> => {
    asked.push(question);
    const answer = answers?.shift();
    if (answer === undefined) throw new TypeError(`nobody answers: ${question}`);
    return answer;
  };
  return { output, env, prompter: { interactive: answers !== undefined, secret }, written, asked };
}
