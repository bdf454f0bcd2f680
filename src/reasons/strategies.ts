/** What users, reports and journals call a strategy. */
interface Named {
  /** It loads into the VM, and the container goes on running. Otherwise it replaces the container. */
  readonly hot: boolean;
  /** The value of the input `strategy` that takes it, and no other. */
  readonly option: string;
  /** What this option does, without its subject: the docs of `strategy` put the option before it. */
  readonly does: string;
  /** `auto` never takes it. */
  readonly onlyAsked?: true;
  /** The ways of the journal that are its own, each with words to be read after what it did. */
  readonly ways: Readonly<Record<string, string>>;
}

/** All strategies by their names. What each does is in its folder; which is preferred is in `strategies/index.ts`. */
export const strategyNames = {
  relup: {
    hot: true,
    option: 'relup',
    does: 'loads hot by a release upgrade, and refuses to restart',
    ways: { relup: 'hot', downgrade: 'hot' },
  },
  modules: {
    hot: true,
    option: 'modules',
    does: 'loads hot module by module, and refuses to restart',
    ways: { modules: 'hot, module by module' },
  },
  recreate: {
    hot: false,
    option: 'restart',
    does: 'never loads hot',
    ways: { recreate: 'by a new container', revive: 'by the container that was kept' },
  },
} as const satisfies Readonly<Record<string, Named>>;

type Names = typeof strategyNames;
export type StrategyName = keyof Names;
export type StrategyOption = Names[StrategyName]['option'];
/** How the journal says that an update was carried out. */
export type Way = { [Name in StrategyName]: keyof Names[Name]['ways'] }[StrategyName];

const named: Readonly<Record<StrategyName, Named>> = strategyNames;
const all = Object.values(named);

export const ways: Readonly<Record<string, string>> = Object.assign({}, ...all.map((each) => each.ways));
/** Whether a way of the journal loads into the VM. */
export const isHotWay = (way: Way | undefined): boolean =>
  all.some((each) => each.hot && way !== undefined && way in each.ways);
export const optionOf = (name: StrategyName): StrategyOption => strategyNames[name].option;
export const isOnlyAsked = (name: StrategyName): boolean => named[name].onlyAsked === true;
export const strategyOptions = Object.values(strategyNames).map(({ option }) => option);
/** What each option of `strategy` does, a sentence for each. */
export const optionsInWords = all.map(({ option, does }) => `\`${option}\` ${does}.`).join(' ');
/** Of those that restart nothing. */
export const hotOptions: readonly string[] = all.flatMap(({ hot, option }) => (hot ? option : []));
