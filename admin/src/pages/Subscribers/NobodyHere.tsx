import { Button, EmptyStateLayout, Flex, Link } from '@strapi/design-system';
import { Plus } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { NavLink } from 'react-router-dom';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';

interface Props {
  isFiltered: boolean;
  onClear: () => void;
  onAdd?: () => void;
}

/** The empty state: nobody matches the filters, or nobody is there yet. */
export function NobodyHere({ isFiltered, onClear, onAdd }: Props) {
  const t = useText();
  const icon = <EmptyDocuments width="16rem" />;
  if (isFiltered)
    return (
      <EmptyStateLayout
        icon={icon}
        content={t('subscribers.empty.filtered')}
        action={
          <Button variant="secondary" onClick={onClear}>
            {t('audience.clear-filters')}
          </Button>
        }
      />
    );
  return (
    <EmptyStateLayout
      icon={icon}
      content={t('subscribers.empty')}
      action={
        <Flex direction="column" gap={4}>
          {onAdd && (
            <Button startIcon={<Plus />} onClick={onAdd}>
              {t('subscribers.add')}
            </Button>
          )}
          <Link tag={NavLink} to={`${BASE_PATH}/lists`}>
            {t('subscribers.empty.link')}
          </Link>
        </Flex>
      }
    />
  );
}
