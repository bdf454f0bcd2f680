%% What a node knows and nobody is to read: its cookie, the texts of settings whose names say so, and addresses with a password. Whoever
%% asks keeps them to itself, to know them again in what the container writes.
-module(hot_deploy_secrets).
-export([values/1]).

-define(LONGEST, 4096).

%% The pattern says which names do.
-spec values(binary()) -> [binary()].
values(Pattern) ->
    {ok, Names} = re:compile(Pattern, [caseless]),
    Settings = [texts(Key, Value, Names, false)
                || {Application, _, _} <- application:loaded_applications(),
                   {Key, Value} <- application:get_all_env(Application)],
    Cookie = [atom_to_binary(erlang:get_cookie()) || is_alive()],
    lists:usort(Cookie ++ lists:append(Settings)).

texts(Key, Value, Names, Known) -> texts(Value, Names, Known orelse named(Key, Names)).

texts(Value, Names, Known) when is_map(Value) ->
    lists:append([texts(Key, Each, Names, Known) || {Key, Each} <- maps:to_list(Value)]);
texts({Key, Value}, Names, Known) ->
    texts(Key, Names, Known) ++ texts(Key, Value, Names, Known);
texts(Value, Names, Known) when is_tuple(Value) ->
    texts(tuple_to_list(Value), Names, Known);
texts(Value, Names, Known) ->
    case text(Value) of
        none when is_list(Value), Value =/= [] -> texts(hd(Value), Names, Known) ++ texts(tl(Value), Names, Known);
        none -> [];
        Text ->
            case (Known orelse re:run(Text, "://[^/]*@") =/= nomatch) andalso byte_size(Text) =< ?LONGEST of
                true -> [Text];
                false -> []
            end
    end.

named(Key, Names) when is_atom(Key) -> named(atom_to_binary(Key), Names);
named(Key, Names) ->
    case text(Key) of
        none -> false;
        Text -> re:run(Text, Names, [{capture, none}]) =:= match
    end.

%% UTF-8 alone: what else bytes are, nobody reads as a text.
text(Term) when is_binary(Term) ->
    case unicode:characters_to_binary(Term) of
        Text when is_binary(Text), Text =/= <<>> -> Text;
        _ -> none
    end;
text([_ | _] = Term) ->
    case io_lib:printable_unicode_list(Term) of
        true -> unicode:characters_to_binary(Term);
        false -> none
    end;
text(_) -> none.
