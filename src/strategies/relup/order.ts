/**
 * The order of modules, callers first, told to systools by what depends on what: each on the one after it. To find that
 * order systools_rc takes time by the third power of the number of its strong components, minutes with a thousand, and
 * keeps the order of the instructions within each. So modules of one application that follow each other, whose
 * instructions stand in one appup, are made one component: the last of them depends on the first, too.
 */
export class Order {
  private readonly places: ReadonlyMap<string, number>;

  constructor(
    private readonly modules: readonly string[],
    private readonly applicationOf: ReadonlyMap<string, string>,
  ) {
    this.places = new Map(modules.map((module, at) => [module, at]));
  }

  place(module: string): number {
    return this.places.get(module) ?? this.modules.length;
  }

  dependencies(module: string): readonly string[] {
    const at = this.place(module);
    const next = this.modules[at + 1];
    if (next !== undefined && this.together(next, module)) {
      return [next];
    }
    let first = at;
    while (this.together(this.modules[first - 1], module)) {
      first -= 1;
    }
    return [...(next === undefined ? [] : [next]), ...this.modules.slice(first, at).slice(0, 1)];
  }

  private together(one: string | undefined, other: string): boolean {
    return one !== undefined && this.applicationOf.get(one) === this.applicationOf.get(other);
  }
}
