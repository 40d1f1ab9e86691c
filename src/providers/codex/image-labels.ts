/** Images in a prompt stand between two text blocks that label them: `<image name=[Image #1] path="/w/plan.png">`. */
import { stringAt, textAt } from '../../core/json.ts';

/** Whether this block is such a label. */
export function isImageLabel(blocks: readonly unknown[], index: number): boolean {
  const text = (stringAt(blocks[index], 'text') ?? '').trim();
  const isImage = (other: number) => textAt(blocks[other], 'type') === 'input_image';
  return (IMAGE_OPEN.test(text) && isImage(index + 1)) || (IMAGE_CLOSE.test(text) && isImage(index - 1));
}

/** The file that the label of this image names, else the label's own name. */
export function imageName(blocks: readonly unknown[], index: number): string | undefined {
  const label = stringAt(blocks[index - 1], 'text')?.trim() ?? '';
  if (!IMAGE_OPEN.test(label)) return undefined;
  const file = /\bpath="([^"]*)"/.exec(label)?.[1]?.split(/[/\\]/).at(-1);
  return file || /\bname=(?:\[([^\]]*)\]|"([^"]*)")/.exec(label)?.slice(1).find(Boolean);
}

const IMAGE_OPEN = /^<(?:local_)?image(?:\s[^<>]*)?>$/;
const IMAGE_CLOSE = /^<\/(?:local_)?image>$/;
