/** The reason with which work is aborted that the user stopped. */
export class Interrupted extends Error {
  override readonly message = "interrupted; run it again to finish";
}
