/** What a run that was cut off has left could not be set right: manual intervention is required. */
export class Unrecovered extends Error {
  override readonly name = 'Unrecovered';
}
