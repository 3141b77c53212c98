/** What one storm has shown. */
export interface Finding {
  readonly storm: string;
  readonly what: string;
  readonly measured: string;
  /** Null: measured only, nothing is promised about it. */
  readonly holds: boolean | null;
}

/** Collects what storms show, and says it as it comes. */
export class Findings {
  readonly all: Finding[] = [];
  #storm = '';

  begin(storm: string): void {
    this.#storm = storm;
    console.log(`\n${storm}`);
  }

  /** Something that has to hold. */
  check(what: string, holds: boolean, measured: string | number): void {
    this.#add({ storm: this.#storm, what, measured: String(measured), holds });
  }

  /** Something worth knowing. */
  note(what: string, measured: string | number): void {
    this.#add({ storm: this.#storm, what, measured: String(measured), holds: null });
  }

  get allHold(): boolean {
    return this.all.every(({ holds }) => holds !== false);
  }

  /** A Markdown table. */
  table(): string {
    const rows = this.all.map(
      ({ storm, what, measured, holds }) =>
        `| ${storm} | ${what} | ${measured} | ${holds === null ? '-' : holds ? 'yes' : '**NO**'} |`,
    );
    return ['| storm | what | measured | holds |', '|---|---|---:|---|', ...rows].join('\n');
  }

  #add(finding: Finding): void {
    this.all.push(finding);
    const mark = finding.holds === null ? '·' : finding.holds ? '✔' : '✖';
    console.log(`  ${mark} ${finding.what}: ${finding.measured}`);
  }
}

/** The value below which so much of a list lies. @param share 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
