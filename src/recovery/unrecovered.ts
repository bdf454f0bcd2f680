/** What a run that was cut off has left could not be recovered: manual intervention is required. */
export class Unrecovered extends Error {
  override readonly name = 'Unrecovered';
}
