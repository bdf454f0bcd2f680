import { type Fallback, script } from '../../src/fallback/script.js';
import { type Ran, type Strike, standIn } from '../support/docker/stand-in.js';
import { type Play, type Stage, setUp } from '../support/model/stage.js';

/** A stage on which the script plays, by its stand-in for docker. */
export interface Played {
  readonly stage: Stage;
  /** The script's own words, such as `deploy`. */
  run(words: readonly string[], strike?: Strike): Promise<Ran>;
  /** Finishes or undoes what was left, and does nothing else. */
  recover(strike?: Strike): Promise<Ran>;
  close(): Promise<void>;
}

/** Version 2 is to be deployed to containers of version 1. */
export async function played(play: Play): Promise<Played> {
  const stage = await setUp(play);
  const { engine } = stage.model;
  const containers = await Promise.all(
    play.names.map(async (name) => ({ container: await engine.inspectContainer(name), oldImage: stage.v1 })),
  );
  const inputs: Fallback['inputs'] = {
    ...{ environment: 'model', image: 'app:2', context: '.', keep: 3, lockTimeoutMs: 1_000 },
    ...{ soakMs: 300, drainMs: 300, suspendTimeoutMs: 100 },
  };
  const text = script({ inputs, containers, withEnv: false });
  const docker = await standIn(engine, stage.clock);
  return {
    stage,
    run: (words, strike) => docker.run(text, words, strike),
    recover: (strike) =>
      docker.run(text.replace(/\nmain "\$@"\n$/, '\ndeploy_one() { :; }\nmain "$@"\n'), ['deploy'], strike),
    close: () => docker.close(),
  };
}
